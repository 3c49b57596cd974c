/** What `require('pushwire')` returns, and nothing else: the class with every other export as a member. */
export { pushwire as default } from './default-export.ts';
