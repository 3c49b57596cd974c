/** The longest delay of a timer, in milliseconds: 24.8 days. Node runs a timer with a longer delay after 1 ms. */
export const MAX_TIMER_DELAY: number = 2 ** 31 - 1;
