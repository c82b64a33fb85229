"""What `conan create` builds and runs against the package: the consumer of the other package tests, as C++20 whatever the
profile's standard is. It builds in build/ of the checkout, which git ignores, and leaves nothing elsewhere."""

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class LayercakeTest(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self, build_folder="../../../build/conan")

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False  # no CMakeUserPresets.json
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        options = self.dependencies["layercake"].options
        components = [name for name, on in (("simd", options.with_simd), ("linalg", options.with_eigen), ("json", options.with_json)) if on]
        cmake.configure(variables={"COMPONENTS": ",".join(components)})
        cmake.build()

    def test(self):
        if can_run(self):
            self.run(os.path.join(self.cpp.build.bindir, "consumer"), env="conanrun")
