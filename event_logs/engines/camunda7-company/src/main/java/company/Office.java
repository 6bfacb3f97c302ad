package company;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/** Local days and office hours: weekdays, 8 to 18 o'clock. */
final class Office {

  static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
  private static final int OPENS = 8;
  private static final int CLOSES = 18;

  /** Midnight of the day that is {@code days} after the day of {@code start}. */
  static long day(long start, int days) {
    return Instant.ofEpochMilli(start).atZone(ZONE).toLocalDate().plusDays(days).atStartOfDay(ZONE).toInstant()
        .toEpochMilli();
  }

  static boolean weekend(long time) {
    DayOfWeek day = Instant.ofEpochMilli(time).atZone(ZONE).getDayOfWeek();
    return day == DayOfWeek.SATURDAY || day == DayOfWeek.SUNDAY;
  }

  /** The time at which {@code work} milliseconds of office time from {@code from} are over. */
  static long after(long from, long work) {
    ZonedDateTime time = Instant.ofEpochMilli(from).atZone(ZONE);
    long left = work;
    while (true) {
      ZonedDateTime opens = time.withHour(OPENS).withMinute(0).withSecond(0).withNano(0);
      ZonedDateTime closes = opens.withHour(CLOSES);
      if (weekend(time.toInstant().toEpochMilli()) || !time.isBefore(closes)) {
        time = opens.plusDays(1);
        continue;
      }
      if (time.isBefore(opens)) {
        time = opens;
      }
      long today = closes.toInstant().toEpochMilli() - time.toInstant().toEpochMilli();
      if (left <= today) {
        return time.toInstant().toEpochMilli() + left;
      }
      left -= today;
      time = opens.plusDays(1);
    }
  }

  private Office() {}
}
