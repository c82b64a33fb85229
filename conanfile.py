# SPDX-License-Identifier: BSL-1.0
"""Conan 2 recipe: conan create ."""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout
from conan.tools.scm import Version

required_conan_version = ">=2.0"


class LayercakeConan(ConanFile):
    name = "layercake"
    description = (
        "Energy, chips, infrastructure, models and applications of artificial intelligence as one set of typed formulas"
    )
    license = "BSL-1.0"
    topics = ("units", "simulation", "energy", "cost", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_simd": [True, False], "with_eigen": [True, False], "with_json": [True, False]}
    default_options = {"with_simd": True, "with_eigen": False, "with_json": False}
    exports_sources = "LICENSE", "include/*"
    no_copy_source = True
    test_package_folder = "tests/packages/conan"

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "include", "layercake", "version.hpp"))
        self.version = ".".join(
            re.search(rf"#define LAYERCAKE_VERSION_{part} (\d+)", text).group(1) for part in ("MAJOR", "MINOR", "PATCH")
        )

    def layout(self):
        basic_layout(self, src_folder=".")

    def requirements(self):
        # Only Boost's headers are needed, but boost/*:header_only stays the user's choice.
        self.requires("boost/[>=1.74 <2]")
        if self.options.with_simd:
            self.requires("xsimd/[>=8.1]")
        if self.options.with_eigen:
            self.requires("eigen/[>=3.4]")
        if self.options.with_json:
            self.requires("nlohmann_json/[>=3.10]")

    def package_id(self):
        self.info.clear()

    def validate(self):
        # Nothing is compiled here, so the profile's C++ standard (gnu17 of `conan profile detect`) is not looked at: the program
        # that includes the headers chooses C++20, and an older one is stopped by their first line.
        minimum = {"gcc": "12", "clang": "14"}.get(str(self.settings.compiler))  # what the tests run with
        if minimum and Version(self.settings.compiler.version) < minimum:
            raise ConanInvalidConfiguration(f"layercake needs {self.settings.compiler} {minimum} or newer")

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "layercake")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []

        self._component("core", "layercake", "layercake", ["boost::headers"])
        if self.options.with_simd:
            self._component("simd", "simd", "layercake-simd", ["core", "xsimd::xsimd"])
        if self.options.with_eigen:
            self._component("linalg", "linalg", "layercake-linalg", ["core", "eigen::eigen"])
        if self.options.with_json:
            self._component("json", "json", "layercake-json", ["core", "nlohmann_json::nlohmann_json"])

    def _component(self, name, target, pkg_config, requires):
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", f"layercake::{target}")
        component.set_property("pkg_config_name", pkg_config)
        # A requirement that the platform's own packages meet ([platform_requires]) has no components to name.
        met_by_conan = {dependency.ref.name for dependency in self.dependencies.values() if dependency.package_folder}
        component.requires = [name for name in requires if "::" not in name or name.split("::")[0] in met_by_conan]
        component.bindirs = []
        component.libdirs = []
