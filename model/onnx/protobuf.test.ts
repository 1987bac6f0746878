import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtobufWriter } from '#model/onnx/protobuf.ts';

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString('hex');

test('the examples of the encoding guide', () => {
	assert.equal(hex(new ProtobufWriter().integer(1, 150)), '089601');
	assert.equal(hex(new ProtobufWriter().string(2, 'testing')), '120774657374696e67');
	assert.equal(hex(new ProtobufWriter().message(3, new ProtobufWriter().integer(1, 150))), '1a03089601');
	assert.equal(hex(new ProtobufWriter().integer(1, -2)), '08feffffffffffffffff01');
});

test('zero, the widest integer, two-byte tags and floats', () => {
	assert.equal(hex(new ProtobufWriter().integer(1, 0)), '0800');
	assert.equal(hex(new ProtobufWriter().integer(1, 2n ** 63n - 1n)), '08ffffffffffffffff7f');
	assert.equal(hex(new ProtobufWriter().integer(20, 1)), 'a00101');
	assert.equal(hex(new ProtobufWriter().float(2, 1.5)), '150000c03f');
});
