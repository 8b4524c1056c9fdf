import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { Url } from "../graphql/scalars.ts";
import { UploadScalar, type Upload } from "../graphql/upload.ts";

@ObjectType("Slide", { description: "One page of a presentation, as a picture." })
export class SlideType {
  @Field(() => ID, { description: "An identifier of its own." })
  id!: string;

  @Field(() => Int, { description: "Its place in the presentation, from 1." })
  number!: number;

  @Field(() => Url, { description: "The picture, for whoever knows this address; it goes with its presentation." })
  imageUrl?: string;
}

@ObjectType("Presentation", { description: "What an operator may show beside the picture of an event." })
export class PresentationType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the event's." })
  id!: string;

  @Field(() => [SlideType], { description: "Its slides in their order, seen by operators at once." })
  slides?: readonly object[];

  @Field(() => SlideType, { nullable: true, description: "What attendees see now; null while they see none." })
  publishedSlide?: object | null;
}

@InputType("UploadPresentationInput", { description: "A presentation in the place of the one before." })
export class UploadPresentationInput {
  @Field(() => ID, { description: "The event's id." })
  eventId!: string;

  @Field(() => [UploadScalar], {
    description:
      "Its files in their order: PNG and JPEG pictures are a slide each, a PDF as many as it has pages. At most 20 MB each, 200 slides in all.",
  })
  files!: readonly Upload[];
}

@InputType("PublishSlideInput", { description: "The slide that attendees are to see." })
export class PublishSlideInput {
  @Field(() => ID, { description: "The event's id." })
  eventId!: string;

  @Field(() => Int, { nullable: true, description: "The slide's number, from 1; null withdraws the one that is seen." })
  number?: number | null;
}
