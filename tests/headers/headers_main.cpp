// The other files of this program are generated: each includes one header of the library, twice, and nothing before it.
int main() { return 0; }
