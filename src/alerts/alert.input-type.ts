import { Field, ID, InputType } from "type-graphql";
import { DateTime } from "../graphql/scalars.ts";

@InputType("ClearAlertsInput", { description: "Alerts to clear, all or none." })
export class ClearAlertsInputType {
  @Field(() => [ID], {
    description: "The alerts' ids, 1 to 1,000, warnings and errors alike. One that has ended by now stays as it ended.",
  })
  ids!: readonly string[];
}

@InputType("AcknowledgeAlertsInput", {
  description: "Open alerts that somebody has seen and looks after, all or none. A field left out stays as it is, null takes it off.",
})
export class AcknowledgeAlertsInputType {
  @Field(() => [ID], { description: "The alerts' ids, 1 to 1,000. One that has ended is refused with INVALID_STATE." })
  ids!: readonly string[];

  @Field(() => String, { nullable: true, description: "A note for those who see the alerts later, at most 2,000 characters." })
  note?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "Until then the alerts stay open and are not pushed again when they repeat, unless they become more severe. In the future.",
  })
  snoozeUntil?: Date | null;
}
