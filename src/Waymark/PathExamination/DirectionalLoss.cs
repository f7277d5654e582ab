namespace Waymark.PathExamination;

/// <summary>Loss by its direction (RFC 7680), over the newest probes.</summary>
/// <param name="Forward">Lost of sent on the way from this node, 0 to 1.</param>
/// <param name="Backward">Lost of answered on the way to this node, 0 to 1.</param>
/// <param name="Samples">How many probes it rests on.</param>
public readonly record struct DirectionalLoss(double Forward, double Backward, int Samples);
