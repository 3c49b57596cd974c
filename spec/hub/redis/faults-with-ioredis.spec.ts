import { describe } from 'vitest';
import { isDue } from '../../support/full-run.ts';
import { describeFaults } from './describe-faults.ts';

describe.runIf(isDue('faults with ioredis'))('With ioredis', () => describeFaults('ioredis'));
