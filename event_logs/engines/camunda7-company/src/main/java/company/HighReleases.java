package company;

import java.util.ArrayList;
import java.util.List;

/** The releases of the high maturity: every process about every third week, by its team or by a business user. */
final class HighReleases {

  private static final List<String> RETAIL = List.of("retail");
  private static final List<String> SERVICE = List.of("service");

  /** A business user deploys what holds only forms, limits or decisions. */
  private static final String BUSINESS = "self-service";

  /** The release that moves running instances along: it repairs the one before. */
  private static final String MIGRATING = "order-to-delivery6";

  static List<Release> all() {
    List<Release> all = new ArrayList<>();
    add(all, "platform-pipeline", "ci-platform", List.of("retail", "service"), "invoicing", ".bpmn", 0, 44, 100);
    add(all, "platform-pipeline", "ci-platform", List.of("retail", "service"), "customer-notification", ".bpmn", 0, 30, 109);
    add(all, BUSINESS, "dora", RETAIL, "approval-level", ".dmn", 0, 41, 90, 136);
    add(all, BUSINESS, "hana", RETAIL, "credit-class", ".dmn", 0, 59, 122);
    add(all, BUSINESS, "mona", SERVICE, "return-policy", ".dmn", 0, 53, 110);
    add(all, BUSINESS, "mona", SERVICE, "warranty-cover", ".dmn", 0, 67, 130);
    team(all, RETAIL, "orders", "dora", "order-to-delivery", 0, 16, 37, 58, 80, 84, -117, 146);
    team(all, RETAIL, "purchasing", "dora", "purchase-approval", 9, -33, 60, -81, 103, -129, 155);
    team(all, RETAIL, "purchasing", "olga", "supplier-onboarding", 12, -40, 68, 95, 117, -140, 165);
    team(all, RETAIL, "finance", "hana", "credit-limit-review", 14, -38, -61, 84, -108, 133, -160);
    team(all, SERVICE, "after-sales", "mona", "returns", 2, -24, 45, 66, 93, -120, 148);
    team(all, SERVICE, "after-sales", "mona", "complaints", 3, -26, 47, 72, -98, 124, -151);
    team(all, SERVICE, "field-service", "jens", "spare-part-dispatch", 4, 23, 46, -73, 101, 127, -154);
    team(all, SERVICE, "field-service", "mona", "field-service-visit", 5, -31, 52, 79, -106, 131, 158);
    team(all, SERVICE, "after-sales", "ines", "warranty-registration", 7, -32, 54, 79, 102, -128, 159);
    return all;
  }

  /** Version after version of one process; a negative day is one on which a business user deploys it, not the team. */
  private static void team(List<Release> all, List<String> tenant, String team, String businessUser, String process,
      int... days) {
    for (int version = 1; version <= days.length; version++) {
      int day = Math.abs(days[version - 1]);
      boolean business = days[version - 1] < 0;
      all.add(new Release(workday(day), (business ? 14.4 : 9.3) + version / 20.0, process + " " + version,
          business ? BUSINESS : team + "-pipeline", business ? businessUser : "ci-" + team, tenant,
          List.of(process + "_v" + version + ".bpmn"), (process + version).equals(MIGRATING)));
    }
  }

  private static void add(List<Release> all, String source, String user, List<String> tenants, String key, String ending,
      int... days) {
    for (int version = 1; version <= days.length; version++) {
      all.add(new Release(workday(days[version - 1]), 8.6, key + " " + version, source, user, tenants,
          List.of(key + "_v" + version + ending), false));
    }
  }

  /** Nobody deploys at the weekend. */
  private static int workday(int day) {
    return day % 7 >= 5 ? day + 7 - day % 7 : day;
  }

  private HighReleases() {}
}
