// driver-says: must not contain: wrong
// must-not-contain: wrong
#ifndef GOOD
int wrong = "text";
#endif
