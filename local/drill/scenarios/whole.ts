import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

async function comeBack(stage: Stage, shape?: { dataNodes: number }): Promise<void> {
  await stage.backUp();
  await stage.loseAll(shape);
  await stage.restore();
  await stage.expectSame();
}

export const disaster: Scenario = {
  name: 'disaster',
  happens: 'Every node of a Hopsworks cluster is lost: RonDB, HopsFS on disks, OpenSearch, Kafka and all services.',
  proves: 'One confirmed restore brings everything back.',
  hopsworks: 'disks',
  play: (stage) => comeBack(stage),
};

export const rondbAlone: Scenario = {
  name: 'rondb-alone',
  happens: 'Every node of a RonDB without the rest of Hopsworks is lost.',
  proves: 'RonDB can be protected alone.',
  play: (stage) => comeBack(stage),
};

export const fourNodes: Scenario = {
  name: 'four-nodes',
  happens: 'A RonDB of four data nodes in two node groups is lost.',
  proves: 'Four nodes, each with another quarter of the rows, come back as four.',
  nodes: 4,
  play: (stage) => comeBack(stage),
};

export const fewerNodes: Scenario = {
  name: 'fewer-nodes',
  happens: 'Four data nodes are lost, and two come instead.',
  proves: 'Every backup directory is restored exactly once, by fewer nodes than wrote them.',
  nodes: 4,
  play: (stage) => comeBack(stage, { dataNodes: 2 }),
};

export const moreNodes: Scenario = {
  name: 'more-nodes',
  happens: 'Two data nodes are lost, and four come instead.',
  proves: 'Every backup directory is restored exactly once, and the rows spread over more nodes.',
  play: (stage) => comeBack(stage, { dataNodes: 4 }),
};

export const twoHeads: Scenario = {
  name: 'two-heads',
  happens: 'A cluster with a mysqld on each of two heads is lost.',
  proves: 'Accounts, views, routines, triggers and events come back in every mysqld, and all of them know all tables.',
  heads: 2,
  play: (stage) => comeBack(stage),
};

export const pointInTime: Scenario = {
  name: 'point-in-time',
  happens: 'Rows are deleted by mistake after one backup and before the next; a restore asks for what was there "before" that time.',
  proves: 'The newest backup from before a time is found and restored, not the newest of all.',
  async play(stage) {
    await stage.backUp();
    const mistake = new Date();
    // Backups say in whole seconds when they began.
    await new Promise((later) => setTimeout(later, 1100));
    await stage.drill.cluster.change();
    await stage.backUp();
    await stage.loseAll();
    await stage.restore({ before: mistake.toISOString() });
    await stage.expectSame();
  },
};
