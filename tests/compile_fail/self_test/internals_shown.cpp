// driver-says: must not contain: boost::mpl
#ifndef GOOD
namespace boost::mpl {
struct list {};
}  // namespace boost::mpl
int wrong = boost::mpl::list{};
#endif
