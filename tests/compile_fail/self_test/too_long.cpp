// driver-says: must be at most 20
// max-bytes: 20
#ifndef GOOD
int wrong = "text";
#endif
