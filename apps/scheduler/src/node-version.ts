// Says which Node the program needs. It runs on a Node that is too old for everything else.

/** Returns what to tell the user if this version of Node can't run the program: its SQLite is missing or too young. */
export function missingFeature(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major >= 24 || (major === 22 && minor >= 16)) return undefined;
  return `heddle-scheduler needs Node 22.16+ or 24+, which have SQLite built in; this is Node ${version}.`;
}
