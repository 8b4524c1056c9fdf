import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { isPermitted } from "../access/level.rules.ts";
import type { RequestContext } from "../graphql/request.ts";
import { openAccessCode } from "./access-code.ts";
import { embedHtmlOf } from "./embed-html.rules.ts";
import type { StoredEvent } from "./event.store.ts";
import { EventType } from "./event.type.ts";
import { EventSharingType } from "./event-sharing.type.ts";

@Resolver(() => EventType)
export class EventSharingResolver {
  @FieldResolver(() => EventSharingType, { description: "How attendees come to it; updateEvent changes who may watch, at any time." })
  sharing(@Root() event: StoredEvent, @Ctx() { actor, vault, publicUrl }: RequestContext): EventSharingType {
    const { id, title, access, accessCode } = event;
    const url = `${publicUrl}/watch/${id}`;
    const mayKnow = isPermitted(actor.accessLevel, "see access codes of events");
    return {
      id: id.replace(/^event_/, "eventsharing_"),
      access,
      accessCode: mayKnow && accessCode ? openAccessCode(vault, id, accessCode) : null,
      url,
      embedHtml: embedHtmlOf({ url, title }),
    };
  }
}
