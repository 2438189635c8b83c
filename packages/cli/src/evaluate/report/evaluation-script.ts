/** Sorting of the rows. Without it they stand in the order of their names. */
export const evaluationScript = `
for (const button of document.querySelectorAll('.sort')) {
  button.addEventListener('click', () => {
    const head = button.closest('th');
    const body = head.closest('table').tBodies[0];
    const descending = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const key = (row) => row.cells[head.cellIndex].dataset.value ?? row.cells[head.cellIndex].textContent;
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      const numeric = x !== '' && y !== '' && !Number.isNaN(Number(x)) && !Number.isNaN(Number(y));
      return numeric ? Number(x) - Number(y) : x.localeCompare(y);
    };
    const rows = [...body.rows].sort((a, b) => (descending ? compare(b, a) : compare(a, b)));
    body.append(...rows);
  });
}
`;
