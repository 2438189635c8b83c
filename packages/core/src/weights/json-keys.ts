/**
 * The first key that occurs twice in one object of a JSON document, or undefined. `JSON.parse` keeps the last
 * of two equal keys without a word, so a file could show different tensors to different readers.
 * @param json a document that `JSON.parse` accepted; nothing else is checked here.
 */
export function findDuplicateKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let literal = '';
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const start = i++;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      literal = json.slice(start, i + 1);
    } else if (character === ':') {
      // Outside strings a colon only follows a key. Escapes are resolved: "\u0078" is "x".
      const key = JSON.parse(literal) as string;
      const keys = open[open.length - 1];
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
