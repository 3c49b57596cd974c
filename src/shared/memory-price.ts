/** What a retained object counts, in bytes, beside the memory it refers to. */
export const OBJECT_PRICE = 128;
