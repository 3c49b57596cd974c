/** Shows the cases that the filter selects. `report` has the details by agent and id. */
export const PAGE_SCRIPT = `
const report = JSON.parse(document.getElementById('report').textContent);
const verdict = document.getElementById('verdict');
const words = document.getElementById('words');

function isSelected(row) {
  const verdicts = [...row.querySelectorAll('button')].map((button) => button.textContent);
  if (verdict.value === 'differ') return new Set(verdicts).size > 1;
  if (verdict.value === 'not-ok') return verdicts.includes('FAILED') || verdicts.includes('NON-STRICT');
  return verdict.value === '' || verdicts.includes(verdict.value);
}

function filter() {
  const wanted = words.value.trim().toLowerCase();
  let shown = 0;
  let all = 0;
  for (const body of document.querySelectorAll('.matrix tbody')) {
    let isEmpty = true;
    for (const row of body.querySelectorAll('.case')) {
      all++;
      row.hidden = !isSelected(row) || !row.textContent.toLowerCase().includes(wanted);
      if (row.hidden) continue;
      shown++;
      isEmpty = false;
    }
    body.hidden = isEmpty;
  }
  document.getElementById('count').value = shown + ' of ' + all + (all === 1 ? ' case' : ' cases');
}

verdict.oninput = words.oninput = filter;
filter();
`;
