// driver-says: the good form must compile
#ifdef GOOD
int narrowed(double x) { return x; }
#else
int wrong = "text";
#endif
