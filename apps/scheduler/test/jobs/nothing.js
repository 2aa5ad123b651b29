/** Does nothing. */
export default function nothing() {}
