/** What the status page does in the browser: asks /api/v1/jobs once a second and draws the answer. Names are text, never markup. */
export const statusScript = `
'use strict';
const intervalMs = 1000;
const historyLength = 120;
const shownCheckpoints = 8;
let before = null;
const rates = [];

const $ = (id) => document.getElementById(id);

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}
const div = (name, ...children) => element('div', { class: name }, ...children);

function count(value) {
  for (const [size, unit] of [[1e9, ' G'], [1e6, ' M'], [1e3, ' k']]) if (value >= size) return (value / size).toPrecision(3) + unit;
  return String(Math.round(value));
}
function bytes(value) {
  for (const [size, unit] of [[2 ** 30, ' GiB'], [2 ** 20, ' MiB'], [2 ** 10, ' KiB']]) if (value >= size) return (value / size).toPrecision(3) + unit;
  return Math.round(value) + ' B';
}
function duration(ms) {
  if (ms < 1000) return Math.round(ms) + ' ms';
  const s = ms / 1000;
  if (s < 60) return s.toFixed(1) + ' s';
  const two = (n) => String(Math.floor(n)).padStart(2, '0');
  return s < 3600 ? Math.floor(s / 60) + ' min ' + two(s % 60) + ' s' : Math.floor(s / 3600) + ' h ' + two((s / 60) % 60) + ' min';
}
const clock = (ms) => new Date(ms).toISOString().slice(11, 19) + 'Z';
const sum = (list, figure) => list.reduce((total, item) => total + figure(item), 0);

const stateClass = (state) => (state === 'RUNNING' || state === 'FINISHED' ? 'good' : state === 'FAILED' || state === 'FAILING' ? 'bad' : 'dim');

function draw(job) {
  document.title = job.name + ' · Millrace';
  $('job').textContent = job.name;
  $('state').textContent = job.state;
  $('state').className = 'badge ' + stateClass(job.state);
  const end = job.endTime < 0 ? job.now : job.endTime;
  $('uptime').textContent = duration(end - job.startTime) + (job.restarts > 0 ? ' · ' + job.restarts + ' restarts' : '');
  drawTiles(job);
  drawGraph(job);
  drawBalance(job);
  drawCheckpoints(job);
  drawSplits(job);
  drawExceptions(job);
  before = job;
}

function tile(label, value, more, extra) {
  return div('tile', div('label', label), div('value', value), div('more', more ?? ''), extra ?? null);
}

function sparkline(values) {
  const top = Math.max(1, ...values);
  const points = values.map((value, i) => (i * 100) / (historyLength - 1) + ',' + (27 - (25 * value) / top)).join(' ');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 100 28');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  line.setAttribute('points', points);
  svg.append(line);
  return svg;
}

const sourceSubtasks = (job) => job.vertices.filter((vertex) => vertex.source).flatMap((vertex) => vertex.subtasks);
const recordsRead = (job) => sum(sourceSubtasks(job), (subtask) => subtask.recordsIn);

function drawTiles(job) {
  const seconds = before === null ? 0 : (job.now - before.now) / 1000;
  if (seconds > 0) rates.push(Math.max(0, recordsRead(job) - recordsRead(before)) / seconds);
  if (rates.length > historyLength) rates.shift();
  const sources = sourceSubtasks(job);
  const splits = sources.flatMap((subtask) => subtask.splits);
  const late = sum(job.vertices.flatMap((vertex) => vertex.subtasks), (subtask) => subtask.counters.lateRecords ?? 0);
  const dead = sum(sources, (subtask) => (subtask.counters.deadLetters ?? 0) + (subtask.counters.skippedRecords ?? 0));
  const marks = sources.map((subtask) => subtask.watermark).filter((mark) => mark !== null);
  const mark = marks.length === sources.length && marks.length > 0 ? Math.min(...marks) : null;
  const last = job.checkpoints.history.find((checkpoint) => checkpoint.status === 'COMPLETED');
  $('tiles').replaceChildren(
    tile('Records a second', count(rates.at(-1) ?? 0), count(recordsRead(job)) + ' in all', sparkline(rates)),
    tile('Lag', splits.length === 0 ? '–' : count(sum(splits, (split) => split.records ?? 0)), splits.length === 0 ? '' : duration(1000 * Math.max(0, ...splits.map((split) => split.seconds ?? 0))) + ' behind'),
    tile('Watermark', mark === null ? '–' : clock(mark), mark === null ? 'none yet, or at the end' : new Date(mark).toISOString().slice(0, 10)),
    tile('Last checkpoint', last === undefined ? '–' : duration(last.durationMs), last === undefined ? '' : bytes(last.sizeBytes) + ', ' + duration(job.now - last.triggerTime - last.durationMs) + ' ago'),
    tile('Late, unreadable', count(late) + ', ' + count(dead), 'records'),
  );
}

function drawGraph(job) {
  const boxes = job.vertices.flatMap((vertex) => {
    const ship = vertex.inputs.map((input) => input.shipStrategy.toLowerCase()).join(', ');
    const figures = div('figures',
      element('span', null, vertex.parallelism + ' × '),
      element('span', null, count(sum(vertex.subtasks, (subtask) => subtask.recordsIn)) + ' in'),
      element('span', null, count(sum(vertex.subtasks, (subtask) => subtask.recordsOut)) + ' out'),
      element('span', null, bytes(sum(vertex.subtasks, (subtask) => subtask.stateBytes)) + ' state'),
    );
    const box = div('vertex', div('name', vertex.name), figures, div('subtasks', ...vertex.subtasks.map((subtask) => subtaskBar(vertex, subtask))));
    return ship === '' ? [box] : [div('ship', '↓ ' + ship), box];
  });
  $('graph').replaceChildren(...boxes);
}

/** Of the last second: working, waiting for room downstream, waiting for input. */
function subtaskBar(vertex, subtask) {
  const former = before?.vertices.find((candidate) => candidate.id === vertex.id)?.subtasks[subtask.index];
  const isSame = former !== undefined && former.startTime === subtask.startTime;
  const since = (figure) => Math.max(0, subtask[figure] - (isSame ? former[figure] : 0));
  const [busy, held, idle] = ['busyMs', 'backPressuredMs', 'idleMs'].map(since);
  const all = Math.max(1, busy + held + idle);
  const part = (name, value) => {
    const made = element('i', { class: name });
    made.style.width = (100 * value) / all + '%';
    return made;
  };
  const title = Math.round((100 * busy) / all) + ' % busy, ' + Math.round((100 * held) / all) + ' % held back, ' + Math.round((100 * idle) / all) + ' % idle';
  return element('div', { class: 'subtask', title },
    element('div', { class: 'bar', role: 'img', 'aria-label': 'Subtask ' + subtask.index + ': ' + title }, part('busy', busy), part('held', held), part('idle', idle)),
    element('small', null, subtask.state === 'RUNNING' ? Math.round((100 * busy) / all) + ' % busy' : subtask.state.toLowerCase()));
}

function table(columns, rows, empty) {
  if (rows.length === 0) return element('p', { class: 'dim' }, empty);
  const cell = (tag) => (value, i) => element(tag, columns[i][1] ? { class: 'number' } : null, value);
  return element('table', null,
    element('thead', null, element('tr', null, ...columns.map(([name], i) => cell('th')(name, i)))),
    element('tbody', null, ...rows.map((row) => element('tr', null, ...row.map(cell('td'))))));
}

/** Of each operator since the job began: rows in, rows out, and what became of the others. */
function drawBalance(job) {
  const { epochs, unbalanced, totals, findings, latest } = job.audit;
  const off = findings.flatMap((epoch) => epoch.imbalances.map((each) =>
    element('p', { class: 'bad' }, 'Checkpoint ' + epoch.checkpointId + ', ' + each.place + ': ' + each.equation + ' does not hold: ' + each.left + ' and ' + each.right)));
  const hidden = new Set(['made', 'rows', 'records', 'decoded', 'offsets', 'carriedIn', 'carriedOut', 'written']);
  const words = (name) => name.replace(/[A-Z]/g, (letter) => ' ' + letter.toLowerCase());
  const taken = ({ in: inputs, figures }) => (inputs.length === 0 ? figures.records ?? figures.rows ?? 0 : sum(inputs, (value) => value));
  const given = ({ out, figures }) => figures.written ?? out;
  const epochOf = (id) => latest?.nodes.find((node) => node.id === id);
  const rows = totals.map((node) => [
    node.name,
    count(taken(node)),
    count(given(node)),
    epochOf(node.id) === undefined ? '' : count(taken(epochOf(node.id))) + ' → ' + count(given(epochOf(node.id))),
    Object.entries(node.figures).filter(([figure, value]) => value !== 0 && !hidden.has(figure)).map(([figure, value]) => count(value) + ' ' + words(figure)).join(', '),
  ]);
  const verdict = unbalanced === 0 ? 'All ' + epochs + ' checkpoints balance.' : unbalanced + ' of ' + epochs + ' checkpoints do not balance.';
  const said = epochs === 0 ? [] : [element('p', { class: unbalanced === 0 ? 'good' : 'bad' }, verdict)];
  $('balance').replaceChildren(...said, ...off, table([['Operator'], ['In', true], ['Out', true], ['Last checkpoint', true], ['What became of the rows']], rows, 'Known with the first checkpoint.'));
}

function drawCheckpoints(job) {
  const rows = job.checkpoints.history.slice(0, shownCheckpoints).map((checkpoint) => [
    String(checkpoint.id),
    checkpoint.savepoint ? 'savepoint' : 'checkpoint',
    element('span', { class: checkpoint.status === 'FAILED' ? 'bad' : checkpoint.status === 'COMPLETED' ? 'good' : 'dim' }, checkpoint.status.toLowerCase()),
    clock(checkpoint.triggerTime),
    duration(checkpoint.durationMs),
    bytes(checkpoint.sizeBytes),
    checkpoint.failure ?? checkpoint.path ?? '',
  ]);
  const columns = [['Id', true], ['Kind'], ['Status'], ['Triggered'], ['Duration', true], ['Size', true], ['Where']];
  $('checkpoints').replaceChildren(table(columns, rows, 'None yet; one every ' + duration(job.checkpoints.intervalMs) + '.'));
}

function drawSplits(job) {
  const rows = job.vertices.flatMap((vertex) => vertex.subtasks.flatMap((subtask) => subtask.splits.map((split) => [
    split.splitId, String(subtask.index), count(split.records ?? 0), duration(1000 * (split.seconds ?? 0)),
  ])));
  $('splits').replaceChildren(table([['Split'], ['Subtask', true], ['Records', true], ['Time', true]], rows, 'No splits.'));
}

function drawExceptions(job) {
  const rows = job.exceptions.map(({ timestamp, error, taskName }) => [
    clock(timestamp), taskName ?? '', error.code, element('pre', null, [error.message, ...error.causes.map((cause) => 'because: ' + cause), error.hint ?? ''].join('\\n').trim()),
  ]);
  $('exceptions').replaceChildren(table([['When'], ['Task'], ['Code'], ['What']], rows, 'None.'));
}

function notice(text) {
  $('notice').textContent = text;
  $('notice').hidden = text === '';
}

async function tick() {
  try {
    const response = await fetch('/api/v1/jobs', { cache: 'no-store' });
    const { jobs } = await response.json();
    notice(jobs.length === 0 ? 'No job runs yet.' : '');
    document.querySelector('main').hidden = jobs.length === 0;
    if (jobs.length > 0) draw(jobs[0]);
  } catch {
    notice('The server does not answer: the job has ended, or its process is gone.');
  }
  setTimeout(tick, intervalMs);
}
tick();
`;
