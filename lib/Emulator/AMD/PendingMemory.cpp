//===- PendingMemory.cpp - Memory instructions not waited for
//--------------===//

#include "PendingMemory.h"

namespace kgen::emulator::amd {

void PendingMemory::add(const Instruction &i, uint32_t index,
                        OperationId operation) {
  Entry entry{&i, index, ++sequence, operation, 1};
  Pipe pipe = i.operation->pipe;
  for (Unit unit : i.writes)
    owners[unit] = {entry.sequence, index, pipe};
  switch (pipe) {
  case Pipe::VectorMemory:
    vectorMemory.push_back(entry);
    return;
  case Pipe::Lds:
    lds.push_back(entry);
    return;
  case Pipe::ScalarMemory:
    scalarMemory.push_back(entry);
    return;
  case Pipe::Flat:
    // Only through memory here: its result is there once vmcnt says so, but
    // the compiler may not rely on one counter alone.
    entry.counters = 2;
    vectorMemory.push_back(entry);
    scalarMemory.push_back(entry);
    return;
  default:
    return;
  }
}

void PendingMemory::retire(const Entry &entry,
                           const std::function<void(OperationId)> &completed) {
  if (entry.counters == 2) {
    // The other counter's entry is the last one.
    for (std::deque<Entry> *queue : {&vectorMemory, &scalarMemory})
      for (Entry &other : *queue)
        if (other.sequence == entry.sequence) {
          other.counters = 1;
          return;
        }
  }
  for (Unit unit : entry.instruction->writes)
    if (owners[unit].sequence == entry.sequence)
      owners[unit].sequence = 0;
  if (entry.operation)
    completed(entry.operation);
}

void PendingMemory::wait(const WaitCounts &counts,
                         const std::function<void(OperationId)> &completed) {
  auto retireFront = [&](std::deque<Entry> &queue) {
    Entry entry = queue.front();
    queue.pop_front();
    retire(entry, completed);
  };
  if (counts.vector != kNoWait)
    while (vectorMemory.size() > counts.vector)
      retireFront(vectorMemory);
  if (counts.scalarAndLds == kNoWait)
    return;
  // At most so many of both kinds are left, hence at most so many of LDS's.
  while (lds.size() > counts.scalarAndLds)
    retireFront(lds);
  if (counts.scalarAndLds == 0)
    while (!scalarMemory.empty())
      retireFront(scalarMemory);
}

std::optional<PendingMemory::Conflict>
PendingMemory::check(const Instruction &i) const {
  auto conflict = [&](Unit unit) {
    const Owner &owner = owners[unit];
    return Conflict{unit, owner.instruction, owner.pipe == Pipe::VectorMemory};
  };
  for (Unit unit : i.reads)
    if (owners[unit].sequence)
      return conflict(unit);
  Pipe pipe = i.operation->pipe;
  bool inOrder = pipe == Pipe::VectorMemory || pipe == Pipe::Lds;
  for (Unit unit : i.writes)
    if (owners[unit].sequence && !(inOrder && owners[unit].pipe == pipe))
      return conflict(unit);
  return std::nullopt;
}

} // namespace kgen::emulator::amd
