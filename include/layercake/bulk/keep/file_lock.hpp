// One owner at a time for a file that a sweep writes again and again.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <layercake/number/error.hpp>
#include <string>
#if __has_include(<sys/file.h>) && __has_include(<unistd.h>)
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace layercake::bulk {

// Holds FILE.lock, an empty file beside the one that it is for, from `take` until its end. Who else asks for it meanwhile,
// in this process or in another, is refused with an error. Where there are POSIX locks (flock) the system lets go of it when
// the program dies, however it dies; elsewhere the file stays behind then, and the error says to remove it.
class file_lock {
public:
  file_lock() = default;
  ~file_lock() { release(); }
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;

  // Throws an error if another holds it, or if it cannot be made.
  void take(const std::string& file) {
    release();
    path_ = file + ".lock";
    const char* const why = acquire();
    if (!why) return;
    const std::string text =
        held_by_another_ ? "bulk: " + file + " belongs to another sweep that is running (" + path_ + " is locked)" + why
                         : "bulk: the checkpoint " + file + " cannot be written (" + why + ": " + path_ +
                               "); give a path in a folder that is there and may be written";
    path_.clear();
    raise(error(text));
  }
  void release() {
    if (path_.empty()) return;
    std::remove(path_.c_str());  // first: whoever opens it from now on makes a new one
    let_go();
    path_.clear();
  }

private:
  std::string path_;
  bool held_by_another_ = false;

#if __has_include(<sys/file.h>) && __has_include(<unistd.h>)
  int handle_ = -1;

  // Null if the lock is ours, else why not.
  const char* acquire() {
    constexpr int most_tries = 1000;  // each fails because an owner ended between our opening and our locking
    for (int i = 0; i < most_tries; ++i) {
      constexpr int all_may_write = 0666;  // less the user's mask
      handle_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, all_may_write);
      if (handle_ < 0) return std::strerror(errno);
      if (::flock(handle_, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        let_go();
        if (reason == EINTR) continue;
        held_by_another_ = reason == EWOULDBLOCK;
        return held_by_another_ ? "; name another file, or wait for its end" : std::strerror(reason);
      }
      struct stat ours {
      }, there{};
      if (::fstat(handle_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
          ours.st_dev == there.st_dev)
        return nullptr;
      let_go();
    }
    held_by_another_ = true;
    return "; name another file, or wait for its end";
  }
  void let_go() {
    if (handle_ >= 0) ::close(handle_);
    handle_ = -1;
  }
#else
  const char* acquire() {
    std::FILE* const f = std::fopen(path_.c_str(), "wx");
    if (f) std::fclose(f);
    held_by_another_ = !f && errno == EEXIST;
    return f                  ? nullptr
           : held_by_another_ ? "; name another file, wait for its end, or remove the lock if none is running"
                              : std::strerror(errno);
  }
  void let_go() {}
#endif
};

}  // namespace layercake::bulk
