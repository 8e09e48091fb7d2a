//===- Clock.h - Vector clocks: what has happened before what
//--------------===//
//
// Every warp of a cluster is one component; so is every mbarrier that is
// initialised (its asynchronous transactions happen "in" it). A warp's own
// component counts its releases: an access carries the value at its time, and a
// warp has seen the access once its clock holds at least that value.
//
// Two orders are kept. `generic` is the ordinary one. `proxied` holds the
// generic-proxy accesses that a proxy fence has made visible to the async proxy
// (TMA, wgmma): PTX ISA, "Memory Consistency Model", proxies.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_CORE_CLOCK_H
#define KGEN_LIB_EMULATOR_CORE_CLOCK_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace kgen::emulator {

using Component = uint32_t;
/// The value of a component. 0: nothing of it was seen.
using Epoch = uint32_t;

class Clock {
public:
  Epoch at(Component c) const { return c < values.size() ? values[c] : 0; }
  void raise(Component c, Epoch epoch) {
    if (c >= values.size())
      values.resize(c + 1);
    values[c] = std::max(values[c], epoch);
  }
  void join(const Clock &other) {
    if (other.values.size() > values.size())
      values.resize(other.values.size());
    for (size_t i = 0; i < other.values.size(); ++i)
      values[i] = std::max(values[i], other.values[i]);
  }

private:
  std::vector<Epoch> values;
};

/// Both orders, of a warp or of a synchronisation object.
struct Timeline {
  Clock generic;
  Clock proxied;
  void join(const Timeline &other) {
    generic.join(other.generic);
    proxied.join(other.proxied);
  }
  /// fence.proxy.async: what is visible here becomes visible to the async
  /// proxy.
  void fenceProxy() { proxied.join(generic); }
};

/// A warp's timeline with its own component.
struct WarpTimeline : Timeline {
  Component self = 0;
  explicit WarpTimeline(Component self = 0) : self(self) {
    generic.raise(self, 1);
  }
  Epoch now() const { return generic.at(self); }
  /// Hands everything so far to `object`; what follows is later than it.
  void release(Timeline &object) {
    object.join(*this);
    generic.raise(self, now() + 1);
  }
  void acquire(const Timeline &object) { join(object); }
};

} // namespace kgen::emulator

#endif // KGEN_LIB_EMULATOR_CORE_CLOCK_H
