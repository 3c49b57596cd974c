/** The number of checks within the timeout: it is exceeded by at most a quarter. */
const CHECKS_PER_TIMEOUT = 4;

/**
 * Checks now and then whether the client reads.
 *
 * @param writer  its `progress` changes when the client reads
 * @param timeout in milliseconds
 * @param onCheck called with whether the client has read nothing for that time; returns whether to go on
 */
export function stallTimer(
  writer: { readonly progress: string },
  timeout: number,
  onCheck: (isStalled: boolean) => boolean,
): NodeJS.Timeout {
  let { progress } = writer;
  let progressAt = performance.now();
  const timer = setTimeout(() => {
    const now = performance.now();
    const progressed = progress !== writer.progress;
    if (progressed) {
      progress = writer.progress;
      progressAt = now;
    }
    if (onCheck(!progressed && now - progressAt >= timeout)) timer.refresh();
  }, timeout / CHECKS_PER_TIMEOUT);
  return timer.unref();
}
