/** The operation asks for something that the tables of fields do not know: the resolvers answer it. */
export class Unmapped extends Error {}
