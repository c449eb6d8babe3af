import { testSameRequests } from './same-request.ts';
import { createCases } from './same-request-create-cases.ts';

testSameRequests(createCases);
