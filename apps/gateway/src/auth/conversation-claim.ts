/** The claim `conversations`: names, or beginnings of names as in `team-*`. */
export class ConversationClaim {
  private readonly names = new Set<string>();
  private readonly prefixes: string[] = [];

  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) {
      if (pattern.endsWith('*')) this.prefixes.push(pattern.slice(0, -1));
      else this.names.add(pattern);
    }
  }

  has(conversation: string): boolean {
    return this.names.has(conversation) || this.prefixes.some((prefix) => conversation.startsWith(prefix));
  }
}
