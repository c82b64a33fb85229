// Names that other people's headers define as macros. The library must not use them as plain names.
#pragma once

// windows.h (its min and max are refused by name: number/number.hpp)
#define near
#define far
#define small char
#define interface struct
#define ERROR 0
#define IN
#define OUT
#define DELETE 1
#define STRICT 1

// complex.h, termios.h, sys/sysmacros.h, curses.h, ctype.h of one system or another
#define I (this_is_a_hostile_macro)
#define _B (this_is_a_hostile_macro)
#define _C (this_is_a_hostile_macro)
#define _N (this_is_a_hostile_macro)
#define _P (this_is_a_hostile_macro)
#define _S (this_is_a_hostile_macro)
#define _U (this_is_a_hostile_macro)
#define B0 (this_is_a_hostile_macro)
#define major(x) (this_is_a_hostile_macro)
#define minor(x) (this_is_a_hostile_macro)
#define makedev(x) (this_is_a_hostile_macro)
#define timeout(x) (this_is_a_hostile_macro)

// X11
#define None 0L
#define Bool int
#define Status int
#define Success 0
