"""Networks out of ONNX files: the graph becomes layers, and the arithmetic is that of every other network."""

from cnnviz.network.onnx.graph import read_onnx

__all__ = ["read_onnx"]
