/** The element of that id. Missing ones are mistakes in index.html. */
export function element<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found as Type;
}

/** The first match inside of a parent. */
export function inside<Type extends Element = HTMLElement>(
  parent: ParentNode,
  selector: string,
): Type {
  const found = parent.querySelector<Type>(selector);
  if (found === null) throw new Error(`index.html has no ${selector}`);
  return found;
}

/** The chosen value of a group of radio buttons. */
export function chosen(name: string): string {
  return inside<HTMLInputElement>(document, `input[name="${name}"]:checked`).value;
}

/** Calls `listener` when another button of the group is chosen. */
export function onChosen(name: string, listener: (value: string) => void): void {
  for (const button of document.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)) {
    button.addEventListener('change', () => listener(button.value));
  }
}

const status = element('status');

/** Read out by screen readers. */
export function announce(text: string): void {
  status.textContent = text;
}

/** `term, description` pairs of a `<dl>`; what is given instead of what was there. */
export function fillFigures(
  list: HTMLElement,
  figures: readonly (readonly [string, string])[],
): void {
  list.replaceChildren(
    ...figures.map(([term, description]) => {
      const row = document.createElement('div');
      row.append(
        Object.assign(document.createElement('dt'), { textContent: term }),
        Object.assign(document.createElement('dd'), { textContent: description }),
      );
      return row;
    }),
  );
}
