import { Field, ID, ObjectType } from "type-graphql";
import { Url } from "../graphql/scalars.ts";
import { EventAccess } from "./event.rules.ts";

@ObjectType("EventSharing", { description: "How attendees come to an event.", simpleResolvers: true })
export class EventSharingType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the event's." })
  id!: string;

  @Field(() => EventAccess, { description: "Who may watch." })
  access!: EventAccess;

  @Field(() => String, {
    nullable: true,
    description: "What attendees have to enter, for OPERATOR and above; null for others, and for a public event.",
  })
  accessCode!: string | null;

  @Field(() => Url, { description: "The player page of the gateway. It asks for the access code where there is one." })
  url!: string;

  @Field(() => String, {
    description: "The same page as an iframe for other pages: shown there once HEADEND_EMBED_ORIGINS names their origins.",
  })
  embedHtml!: string;
}
