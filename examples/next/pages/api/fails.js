export default function handler() {
  throw new Error('as asked');
}
