package engine;

import io.camunda.search.clients.SearchClientsProxy;
import io.camunda.security.auth.BrokerRequestAuthorizationConverter;
import io.camunda.security.configuration.SecurityConfiguration;
import io.camunda.zeebe.engine.Engine;
import io.camunda.zeebe.engine.EngineConfiguration;
import io.camunda.zeebe.engine.processing.EngineProcessors;
import io.camunda.zeebe.engine.processing.message.command.SubscriptionCommandSender;
import io.camunda.zeebe.engine.processing.streamprocessor.JobStreamer;
import io.camunda.zeebe.logstreams.log.LogAppendEntry;
import io.camunda.zeebe.logstreams.log.LogStream;
import io.camunda.zeebe.logstreams.log.LogStreamReader;
import io.camunda.zeebe.logstreams.log.LogStreamWriter;
import io.camunda.zeebe.logstreams.log.LoggedEvent;
import io.camunda.zeebe.logstreams.log.WriteContext;
import io.camunda.zeebe.process.test.engine.db.InMemoryDbFactory;
import io.camunda.zeebe.protocol.ZbColumnFamilies;
import io.camunda.zeebe.protocol.impl.encoding.AuthInfo;
import io.camunda.zeebe.protocol.impl.record.CopiedRecord;
import io.camunda.zeebe.protocol.impl.record.RecordMetadata;
import io.camunda.zeebe.protocol.impl.record.UnifiedRecordValue;
import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.RecordType;
import io.camunda.zeebe.protocol.record.ValueType;
import io.camunda.zeebe.protocol.record.intent.Intent;
import io.camunda.zeebe.scheduler.ActorScheduler;
import io.camunda.zeebe.stream.api.InterPartitionCommandSender;
import io.camunda.zeebe.stream.impl.ControllableStreamClockImpl;
import io.camunda.zeebe.stream.impl.StreamProcessor;
import io.camunda.zeebe.util.FeatureFlags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * One partition of the real engine in memory, under a clock that stands still until it is set.
 *
 * <p>Commands are written to its log, as a gateway does; everything after that is the engine's own work.
 */
public final class Zeebe implements AutoCloseable {

  private static final int PARTITION = 1;
  /** What the engine's own timers may be late by: it looks for due work at most this often. */
  private static final long RESOLUTION = 100;
  /** More than the slots in the engine's wheel of timers, each of which takes a turn. */
  private static final int TURNS = 150;
  private static final Map<ValueType, UnifiedRecordValue> VALUES = UnifiedRecordValue.allRecordsMap();

  private final StandingClock clock = new StandingClock();
  private final Consumer<Record<?>> listener;
  private final ActorScheduler scheduler;
  private final LogStream log;
  private final LogStreamWriter writer;
  private final LogStreamReader reader;
  private final StreamProcessor processor;
  private long read = -1;

  /**
   * @param start the time on the clock in the beginning, in milliseconds since 1970
   * @param tenants whether processes may belong to tenants
   * @param listener is given every record of the log, once and in order
   */
  public Zeebe(long start, boolean tenants, Consumer<Record<?>> listener) {
    this.listener = listener;
    setTime(start);
    scheduler = ActorScheduler.newActorScheduler().setActorClock(clock)
        .setCpuBoundActorThreadCount(1).setIoBoundActorThreadCount(1)
        // looks often for what is due: its wheel of timers needs many turns to catch up after a leap of the clock
        .setIdleStrategySupplier(() -> new BackoffIdleStrategy(10, 10, 1_000, 50_000)).build();
    scheduler.start();
    log = LogStream.builder().withPartitionId(PARTITION).withLogStorage(new MemoryLog()).withClock(clock)
        .withMeterRegistry(new SimpleMeterRegistry()).build();
    writer = log.newLogStreamWriter();
    reader = log.newLogStreamReader();
    processor = processor(tenants);
    processor.openAsync(false).join();
    // the first things in every log are a command of the engine's own and the event that follows from it
    await(() -> read > 1);
  }

  private StreamProcessor processor(boolean tenants) {
    SecurityConfiguration security = new SecurityConfiguration();
    security.getAuthorizations().setEnabled(false);
    security.getMultiTenancy().setChecksEnabled(tenants);
    EngineConfiguration configuration = new EngineConfiguration()
        .setEnableIdentitySetup(false)
        // look whenever the clock has moved, so that it does not matter how fast the machine is
        .setJobsTimeoutCheckerPollingInterval(Duration.ofMillis(1))
        .setMessagesTtlCheckerInterval(Duration.ofMillis(1))
        .setUsageMetricsExportInterval(Duration.ofDays(3_650));
    InterPartitionCommandSender sender = new InterPartitionCommandSender() {
      @Override
      public void sendCommand(int to, ValueType type, Intent intent, Long key, UnifiedRecordValue value, AuthInfo auth) {
        write(key == null ? -1 : key, type, intent, value, auth);
      }
    };
    return StreamProcessor.builder()
        .logStream(log)
        .zeebeDb(new InMemoryDbFactory<ZbColumnFamilies>().createDb())
        .commandResponseWriter(new NoResponses())
        .partitionCommandSender(sender)
        .recordProcessors(List.of(new Engine(
            context -> EngineProcessors.createEngineProcessors(context, 1,
                new SubscriptionCommandSender(context.getPartitionId(), sender), sender, FeatureFlags.createDefault(),
                JobStreamer.noop(), SearchClientsProxy.noop(), new BrokerRequestAuthorizationConverter(security)),
            configuration, security)))
        .actorSchedulingService(scheduler)
        .clock(new ControllableStreamClockImpl(clock))
        .meterRegistry(new SimpleMeterRegistry())
        .build();
  }

  public long now() {
    return clock.getTimeMillis();
  }

  public void setTime(long millis) {
    clock.set(millis);
  }

  /**
   * Waits until the engine has nothing to do at this time.
   *
   * <p>Needed shortly before something is due: a check that is under way while the clock moves would come too late.
   */
  public void rest() {
    clock.awaitLooks(TURNS);
    settle();
  }

  /** Gives the engine a command and waits until it and all that follows from it is processed. */
  public void command(long key, ValueType type, Intent intent, UnifiedRecordValue value, String user) {
    AuthInfo auth = new AuthInfo();
    auth.setClaims(Map.<String, Object>of("authorized_anonymous_user", true, "authorized_username", user));
    write(key, type, intent, value, auth);
    settle();
  }

  private void write(long key, ValueType type, Intent intent, UnifiedRecordValue value, AuthInfo auth) {
    RecordMetadata metadata = new RecordMetadata().recordType(RecordType.COMMAND).valueType(type).intent(intent);
    if (auth != null) {
      metadata.authorization(auth);
    }
    LogAppendEntry entry = key < 0 ? LogAppendEntry.of(metadata, value) : LogAppendEntry.of(key, metadata, value);
    synchronized (writer) {
      var written = writer.tryWrite(WriteContext.internal(), entry);
      if (written.isLeft()) {
        throw new IllegalStateException(type + " " + intent + " was not written: " + written.getLeft());
      }
    }
  }

  /** Waits until every command is processed, then hands the new records on. */
  public void settle() {
    int ended = 0;
    while (ended < 2) {
      ended = processor.hasProcessingReachedTheEnd().join() ? ended + 1 : 0;
    }
    readOn();
  }

  /**
   * Waits until the engine's own timers have made the record that is due now.
   *
   * <p>Two things that are due within {@value #RESOLUTION} ms may come together: then the clock goes on by that much.
   */
  public void await(BooleanSupplier happened) {
    for (int step = 0; step < 5; step++) {
      for (int turns = 0; turns < 3 * TURNS; turns += 10) {
        settle();
        if (happened.getAsBoolean()) {
          return;
        }
        clock.awaitLooks(10);
      }
      setTime(now() + RESOLUTION);
    }
    throw new IllegalStateException("what is due did not happen at " + now());
  }

  private void readOn() {
    if (read < 0) {
      reader.seekToFirstEvent();
    } else {
      reader.seekToNextEvent(read);
    }
    while (reader.hasNext()) {
      LoggedEvent event = reader.next();
      read = event.getPosition();
      listener.accept(record(event));
    }
  }

  private static Record<?> record(LoggedEvent event) {
    RecordMetadata metadata = new RecordMetadata();
    event.readMetadata(metadata);
    try {
      UnifiedRecordValue value = VALUES.get(metadata.getValueType()).getClass()
          .getDeclaredConstructor().newInstance();
      event.readValue(value);
      return new CopiedRecord<>(value, metadata, event.getKey(), PARTITION, event.getPosition(),
          event.getSourceEventPosition(), event.getTimestamp());
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public void close() throws Exception {
    processor.closeAsync().join();
    scheduler.stop().get();
  }
}
