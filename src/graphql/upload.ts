import { GraphQLError, GraphQLScalarType } from "graphql";

/** A file of a multipart request, read once and while it comes in. */
export class Upload {
  readonly #open: () => AsyncIterable<Uint8Array>;

  constructor(open: () => AsyncIterable<Uint8Array>) {
    this.#open = open;
  }

  /** The bytes as they come in; ending early stops the rest from being read. */
  open(): AsyncIterable<Uint8Array> {
    return this.#open();
  }
}

function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });
}

export const UploadScalar = new GraphQLScalarType<Upload, never>({
  name: "Upload",
  description:
    "A file of a GraphQL multipart request (multipart/form-data with `operations`, `map` and the file). Send the header apollo-require-preflight with it.",
  specifiedByURL: "https://github.com/jaydenseric/graphql-multipart-request-spec",
  parseValue: (value) => (value instanceof Upload ? value : refuse("Upload is a file of a multipart request.")),
  parseLiteral: () => refuse("Upload is a file of a multipart request, and given by a variable."),
  serialize: () => refuse("An Upload is never answered."),
});
