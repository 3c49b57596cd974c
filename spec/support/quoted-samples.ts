/** The lines of the sample that the example does not have, in this order. */
export function linesNotIn(example: string, sample: string): string[] {
  const lines = example.split('\n');
  return sample.split('\n').filter((line) => {
    const index = lines.indexOf(line);
    if (line !== '' && index !== -1) lines.splice(0, index + 1);
    return line !== '' && index === -1;
  });
}
