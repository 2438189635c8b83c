"""Writes the two models of this example: one matting method as an ONNX file and as a TensorFlow.js graph model.

    pip install onnx==1.23.1 && python make-models.py

The method is the guided filter (He, Sun, Tang, PAMI 2013): in every window the matte is a linear function of the
brightness of the picture that fits the trimap best. It has no weights to learn, so the files are small and ours.

    a = cov(I, p) / (var(I) + ε),  b = mean(p) − a mean(I),  alpha = mean(a) I + mean(b)
"""
import json, struct
from onnx import TensorProto, checker, helper, save

WINDOW = 17
EPSILON = 1e-4
# A node: name, operation, inputs. Names of operations are translated below.
STEPS = [
    ('brightness', 'channel_mean', ['image']),
    ('mean_i', 'window_mean', ['brightness']),
    ('mean_p', 'window_mean', ['trimap']),
    ('ip', 'mul', ['brightness', 'trimap']),
    ('mean_ip', 'window_mean', ['ip']),
    ('mean_i_mean_p', 'mul', ['mean_i', 'mean_p']),
    ('covariance', 'sub', ['mean_ip', 'mean_i_mean_p']),
    ('ii', 'mul', ['brightness', 'brightness']),
    ('mean_ii', 'window_mean', ['ii']),
    ('mean_i_squared', 'mul', ['mean_i', 'mean_i']),
    ('variance', 'sub', ['mean_ii', 'mean_i_squared']),
    ('variance_epsilon', 'add', ['variance', 'epsilon']),
    ('a', 'div', ['covariance', 'variance_epsilon']),
    ('a_mean_i', 'mul', ['a', 'mean_i']),
    ('b', 'sub', ['mean_p', 'a_mean_i']),
    ('mean_a', 'window_mean', ['a']),
    ('mean_b', 'window_mean', ['b']),
    ('scaled', 'mul', ['mean_a', 'brightness']),
    ('guided', 'add', ['scaled', 'mean_b']),
    ('alpha', 'clip', ['guided']),
]


def write_onnx(path):
    sizes = ['batch', 'height', 'width']
    info = lambda name, channels: helper.make_tensor_value_info(
        name, TensorProto.FLOAT, [sizes[0], channels, *sizes[1:]])
    names = {'mul': 'Mul', 'sub': 'Sub', 'add': 'Add', 'div': 'Div'}
    nodes = []
    for name, operation, inputs in STEPS:
        if operation == 'channel_mean':
            node = helper.make_node('ReduceMean', inputs, [name], axes=[1], keepdims=1)
        elif operation == 'window_mean':
            node = helper.make_node('AveragePool', inputs, [name], kernel_shape=[WINDOW] * 2,
                                    pads=[WINDOW // 2] * 4, count_include_pad=0)
        elif operation == 'clip':
            node = helper.make_node('Clip', [*inputs, 'zero', 'one'], [name])
        else:
            node = helper.make_node(names[operation], inputs, [name])
        nodes.append(node)
    constants = [helper.make_tensor(name, TensorProto.FLOAT, [], [value])
                 for name, value in [('epsilon', EPSILON), ('zero', 0.0), ('one', 1.0)]]
    graph = helper.make_graph(nodes, 'guided-filter', [info('image', 3), info('trimap', 1)],
                              [info('alpha', 1)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    checker.check_model(model)
    save(model, path)


def write_graph_model(folder):
    shape = lambda channels: {'shape': {'dim': [{'size': str(s)} for s in [-1, -1, -1, channels]]}}
    kind = lambda **more: {'T': {'type': 'DT_FLOAT'}, **more}
    ints = lambda *values: {'list': {'i': [str(v) for v in values]}}
    nodes = [{'name': name, 'op': 'Placeholder', 'attr': {'dtype': {'type': 'DT_FLOAT'}, 'shape': shape(channels)}}
             for name, channels in [('image', 3), ('trimap', 1)]]
    weights = [('channels', 'int32', [1], struct.pack('<i', 3)),
               ('epsilon', 'float32', [], struct.pack('<f', EPSILON)),
               ('zero', 'float32', [], struct.pack('<f', 0)),
               ('one', 'float32', [], struct.pack('<f', 1))]
    for name, dtype, _, _ in weights:
        type_name = 'DT_INT32' if dtype == 'int32' else 'DT_FLOAT'
        nodes.append({'name': name, 'op': 'Const', 'attr': {'dtype': {'type': type_name}}})
    names = {'mul': 'Mul', 'sub': 'Sub', 'add': 'AddV2', 'div': 'RealDiv'}
    for name, operation, inputs in STEPS:
        if operation == 'channel_mean':
            node = ('Mean', [*inputs, 'channels'], kind(keep_dims={'b': True}, Tidx={'type': 'DT_INT32'}))
        elif operation == 'window_mean':
            node = ('AvgPool', inputs, kind(ksize=ints(1, WINDOW, WINDOW, 1), strides=ints(1, 1, 1, 1),
                                            padding={'s': 'U0FNRQ=='}, data_format={'s': 'TkhXQw=='}))
        elif operation == 'clip':
            node = ('ClipByValue', [*inputs, 'zero', 'one'], kind())
        else:
            node = (names[operation], inputs, kind())
        nodes.append({'name': name, 'op': node[0], 'input': node[1], 'attr': node[2]})
    model = {
        'format': 'graph-model',
        'generatedBy': 'make-models.py',
        'modelTopology': {'node': nodes, 'versions': {'producer': 1882}},
        'weightsManifest': [{
            'paths': ['weights.bin'],
            'weights': [{'name': name, 'shape': size, 'dtype': dtype} for name, dtype, size, _ in weights],
        }],
    }
    with open(f'{folder}/model.json', 'w') as file:
        json.dump(model, file, indent=1)
        file.write('\n')
    with open(f'{folder}/weights.bin', 'wb') as file:
        file.write(b''.join(data for *_, data in weights))


write_onnx('guided-filter.onnx')
write_graph_model('guided-filter-graph')
