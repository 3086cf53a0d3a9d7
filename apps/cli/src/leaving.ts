/** Resolves when somebody asks the process to end: SIGINT (Ctrl-C) or SIGTERM. The second time the process just ends. */
export function leaving(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
