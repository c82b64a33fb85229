// The application layer: users, tasks, and what they are worth.
#pragma once

#include <layercake/applications/application.hpp>
#include <layercake/applications/catalog.hpp>
#include <layercake/applications/worth.hpp>
