/** The directory of this file, and of `main`. What is built has the same other directories in it, but fewer files. */
export const OWN_FILES: URL = new URL('.', import.meta.url);
