import { testSameRequests } from './same-request.ts';
import { otherCases } from './same-request-other-cases.ts';

testSameRequests(otherCases);
