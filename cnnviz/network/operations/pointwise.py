"""Layers that leave every number at its place: activations, normalisation, dropout."""

from __future__ import annotations

from cnnviz.network.spec import LayerError, Operation, Shape


class Activation(Operation):
    """A function of each number by itself."""


class LeakyRelu(Operation):
    """``x`` where it is positive, ``slope * x`` elsewhere."""

    slope: float = 0.01


class PRelu(Operation):
    """As leaky ReLU, with a learned slope: one for all channels, or one for each."""

    slopes: int = 1

    def output(self, *inputs: Shape) -> Shape:
        """The same shape."""
        if self.slopes not in (1, inputs[0][0]):
            raise LayerError(
                "slopes",
                f"slopes is {self.slopes}; it takes 1, or one for each of the {inputs[0][0]} channels",
            )
        return inputs[0]

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:  # of any shape
        """The slopes."""
        return {"weight": (self.slopes,)}


class Elu(Operation):
    """``x`` where it is positive, ``alpha * (exp(x) - 1)`` elsewhere."""

    alpha: float = 1.0


class BatchNorm(Operation):
    """Each channel scaled and shifted by its statistics, then by a learned weight and bias."""

    eps: float = 1e-5
    affine: bool = True

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:
        """A weight and a bias a channel; the running mean and variance are not learned."""
        channels = (inputs[0][0],)
        return {"weight": channels, "bias": channels} if self.affine else {}

    def statistics(self, *inputs: Shape) -> dict[str, Shape]:
        """A running mean and a running variance a channel."""
        channels = (inputs[0][0],)
        return {"running_mean": channels, "running_var": channels}


class LocalResponseNorm(Operation):
    """Each number divided by the strength of its ``size`` neighbouring channels (AlexNet, section 3.3)."""

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0


class Dropout(Operation):
    """In training numbers are left out with probability ``p``; in use it does nothing."""

    p: float = 0.5
