// The one header that includes Eigen. Asked for no more than dense columns and factorisations, which 3.4 and 5 spell alike.
#pragma once

#include <layercake/config.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/QR>

namespace layercake::planning {

using vector = Eigen::VectorXd;
using matrix = Eigen::MatrixXd;

}  // namespace layercake::planning
