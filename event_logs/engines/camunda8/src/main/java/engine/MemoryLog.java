package engine;

import io.camunda.zeebe.logstreams.storage.LogStorage;
import io.camunda.zeebe.logstreams.storage.LogStorageReader;
import io.camunda.zeebe.util.buffer.BufferWriter;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArraySet;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The engine's log in memory: blocks of records by the lowest position in them. */
final class MemoryLog implements LogStorage {

  private final ConcurrentSkipListMap<Long, DirectBuffer> blocks = new ConcurrentSkipListMap<>();
  private final Set<CommitListener> listeners = new CopyOnWriteArraySet<>();

  @Override
  public void append(long lowest, long highest, BufferWriter block, AppendListener listener) {
    UnsafeBuffer copy = new UnsafeBuffer(ByteBuffer.allocate(block.getLength()));
    block.write(copy, 0);
    blocks.put(lowest, copy);
    listener.onWrite(lowest, highest);
    listener.onCommit(lowest, highest);
    listeners.forEach(CommitListener::onCommit);
  }

  @Override
  public LogStorageReader newReader() {
    return new Reader();
  }

  @Override
  public void addCommitListener(CommitListener listener) {
    listeners.add(listener);
  }

  @Override
  public void removeCommitListener(CommitListener listener) {
    listeners.remove(listener);
  }

  private final class Reader implements LogStorageReader {

    private long last = Long.MIN_VALUE;

    /** The next block is the one that holds {@code position}. */
    @Override
    public void seek(long position) {
      Long block = blocks.floorKey(position);
      last = block == null ? Long.MIN_VALUE : block - 1;
    }

    @Override
    public boolean hasNext() {
      return blocks.higherKey(last) != null;
    }

    @Override
    public DirectBuffer next() {
      Map.Entry<Long, DirectBuffer> block = blocks.higherEntry(last);
      if (block == null) {
        throw new NoSuchElementException();
      }
      last = block.getKey();
      return block.getValue();
    }

    @Override
    public void close() {}
  }
}
