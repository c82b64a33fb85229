// driver-says: the bad form must not compile
int fine = 1;
