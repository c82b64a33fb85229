// driver-says: does not contain: kilowatt
// must-contain: kilowatt
#ifndef GOOD
int wrong = "text";
#endif
