// driver-says: the good form must compile
int wrong = "text";
