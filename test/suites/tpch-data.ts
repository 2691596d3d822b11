/**
 * Tables of TPC-H with the names and value ranges of its specification, but small ones whose words are drawn from the few that the queries ask
 * for, so that every query finds something. The same rows each time.
 */
import { mix } from '../../src/model/hash.ts';

const counts = { supplier: 40, part: 160, customer: 150, orders: 1200 } as const;

const regions = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];

const nations: readonly (readonly [name: string, region: number])[] = [
  ...(['ALGERIA', 'ETHIOPIA', 'KENYA', 'MOROCCO', 'MOZAMBIQUE'] as const).map((name) => [name, 0] as const),
  ...(['ARGENTINA', 'BRAZIL', 'CANADA', 'PERU', 'UNITED STATES'] as const).map((name) => [name, 1] as const),
  ...(['CHINA', 'INDIA', 'INDONESIA', 'JAPAN', 'VIETNAM'] as const).map((name) => [name, 2] as const),
  ...(['FRANCE', 'GERMANY', 'ROMANIA', 'RUSSIA', 'UNITED KINGDOM'] as const).map((name) => [name, 3] as const),
  ...(['EGYPT', 'IRAN', 'IRAQ', 'JORDAN', 'SAUDI ARABIA'] as const).map((name) => [name, 4] as const),
];

const colors = ['green', 'forest', 'almond', 'blush', 'salmon', 'thistle'];
const types = [
  'PROMO BRUSHED BRASS',
  'ECONOMY ANODIZED STEEL',
  'MEDIUM POLISHED TIN',
  'SMALL PLATED COPPER',
  'LARGE BURNISHED BRASS',
];
const brands = ['Brand#12', 'Brand#23', 'Brand#34', 'Brand#45', 'Brand#51'];
const containers = ['SM CASE', 'SM BOX', 'MED BAG', 'MED BOX', 'LG CASE', 'LG PKG', 'JUMBO JAR'];
const sizes = [1, 3, 5, 9, 14, 15, 23, 45, 49, 50];
const segments = ['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'HOUSEHOLD', 'MACHINERY'];
const priorities = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'];
const shipModes = ['AIR', 'AIR REG', 'MAIL', 'SHIP', 'TRUCK', 'RAIL', 'FOB'];
const instructions = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'];

const suppliersOfPart = 4;
const firstDay = Date.UTC(1992, 0, 1) / 86_400_000;
const lastOrderDay = Date.UTC(1998, 7, 2) / 86_400_000;
const today = Date.UTC(1995, 5, 17) / 86_400_000; // what has arrived by then has been billed

class Dice {
  #state = 19_920_101;

  /** Both inclusive. */
  from(low: number, high: number): number {
    this.#state = mix(this.#state + 0x9e3779b1);
    return low + ((this.#state >>> 0) % (high - low + 1));
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.from(0, choices.length - 1)]!;
  }

  cents(low: number, high: number): string {
    return money(this.from(low * 100, high * 100));
  }
}

const money = (cents: number): string => (cents / 100).toFixed(2);
const day = (number: number): string => new Date(number * 86_400_000).toISOString().slice(0, 10);
const named = (kind: string, key: number): string => `${kind}#${String(key).padStart(9, '0')}`;
const phone = (nation: number, dice: Dice): string =>
  `${nation + 10}-${dice.from(100, 999)}-${dice.from(100, 999)}-${dice.from(1000, 9999)}`;

type Cell = string | number;
type Rows = readonly (readonly Cell[])[];

/** The rows of each table, as cells of a CSV file: none has a comma or a quote in it. */
export function tpchRows(): Readonly<Record<string, Rows>> {
  const dice = new Dice();
  const partsupp = suppliesOf(dice);
  const part = numbered(counts.part, (key) => partOf(key, dice));
  const { orders, lineitem } = sales(dice, part);
  return {
    region: regions.map((name, key) => [key, name, 'of the world']),
    nation: nations.map(([name, region], key) => [key, name, region, 'of a region']),
    supplier: numbered(counts.supplier, (key) => supplierOf(key, dice)),
    part,
    partsupp,
    customer: numbered(counts.customer, (key) => customerOf(key, dice)),
    orders,
    lineitem,
  };
}

function numbered<T>(count: number, make: (key: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i + 1));
}

/** Every nation has a supplier, those that the queries name have more. */
function supplierOf(key: number, dice: Dice): Cell[] {
  const nation = key <= nations.length ? key - 1 : dice.of([6, 7, 10, 11, 15, 16, 24]);
  const comment = key % 13 === 0 ? 'slow; Customer of old Complaints' : 'carefully packed';
  return [key, named('Supplier', key), `${key} Quay`, nation, phone(nation, dice), dice.cents(-999, 9999), comment];
}

function partOf(key: number, dice: Dice): Cell[] {
  const name = `${dice.of(colors)} ${dice.of(colors)} ${dice.of(colors)}`;
  const price = money(90_000 + ((key * 10) % 20_001) + 100 * (key % 1000));
  const [type, size] = [dice.of(types), dice.of(sizes)];
  const [brand, container] = key % 20 === 0 ? ['Brand#23', 'MED BOX'] : [dice.of(brands), dice.of(containers)];
  return [key, name, `Manufacturer#${(key % 5) + 1}`, brand, type, size, container, price, 'as it is'];
}

/** Each part has four suppliers, far from one another. */
function suppliersOf(part: number): number[] {
  const step = counts.supplier / suppliersOfPart;
  return Array.from({ length: suppliersOfPart }, (_, i) => ((part + i * (step + 1)) % counts.supplier) + 1);
}

function suppliesOf(dice: Dice): Cell[][] {
  return numbered(counts.part, (part) =>
    suppliersOf(part).map((supplier) => [part, supplier, dice.from(1, 9999), dice.cents(1, 1000), 'in stock']),
  ).flat();
}

function customerOf(key: number, dice: Dice): Cell[] {
  const nation = dice.of([...nations.keys(), 3, 7, 8, 10, 10, 11, 13, 15, 16, 19, 20, 21]);
  const [balance, segment] = [dice.cents(-999, 9999), dice.of(segments)];
  return [key, named('Customer', key), `${key} Lane`, nation, phone(nation, dice), balance, segment, 'pays'];
}

/** A third of the customers never orders, as the specification has it. */
function sales(dice: Dice, parts: Rows): Readonly<{ orders: Rows; lineitem: Rows }> {
  const orders: Cell[][] = [];
  const lineitem: Cell[][] = [];
  for (let key = 1; key <= counts.orders; key++) {
    const customer = dice.from(1, counts.customer / 3) * 3 - dice.from(1, 2);
    const ordered = dice.from(firstDay, lastOrderDay);
    const isLarge = key % 50 === 0; // a few orders of more than 300 pieces
    const lines = numbered(isLarge ? 7 : dice.from(1, 6), (line) => lineOf(key, line, ordered, isLarge, parts, dice));
    lineitem.push(...lines);
    const states = new Set(lines.map((line) => line[9]));
    const state = states.size > 1 ? 'P' : [...states][0]!;
    const total = lines.reduce((sum, line) => sum + Number(line[5]), 0).toFixed(2);
    const comment = dice.from(1, 8) === 1 ? 'very special weekly requests' : 'nothing of note';
    orders.push([key, customer, state, total, day(ordered), dice.of(priorities), named('Clerk', key % 9), 0, comment]);
  }
  return { orders, lineitem };
}

function lineOf(order: number, line: number, ordered: number, isLarge: boolean, parts: Rows, dice: Dice): Cell[] {
  const part = dice.from(1, counts.part);
  const quantity = dice.from(isLarge ? 44 : 1, 50);
  const price = money(quantity * Math.round(Number(parts[part - 1]![7]) * 100));
  const shipped = ordered + dice.from(1, 121);
  const received = shipped + dice.from(1, 30);
  const flag = received > today ? 'N' : dice.of(['R', 'A']);
  const rates = [money(dice.from(0, 10)), money(dice.from(0, 8))];
  return [
    ...[order, part, dice.of(suppliersOf(part)), line, money(quantity * 100), price, ...rates],
    ...[flag, shipped > today ? 'O' : 'F', day(shipped), day(ordered + dice.from(30, 90)), day(received)],
    ...[dice.of(instructions), dice.of(shipModes), 'by sea or land'],
  ];
}
