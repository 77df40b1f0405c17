namespace Experiments.Data.Benchmarks;

/// <summary>The four groups of MMLU's subjects.</summary>
public enum MmluGroup
{
    /// <summary>Science, technology, engineering, mathematics.</summary>
    Stem,

    /// <summary>Humanities.</summary>
    Humanities,

    /// <summary>Social sciences.</summary>
    SocialSciences,

    /// <summary>Business, health and the rest.</summary>
    Other,
}

/// <summary>MMLU's 57 subjects and their groups (Hendrycks et al. 2021, <c>categories.py</c>).</summary>
/// <remarks>Sources disagree on <c>anatomy</c> alone: STEM for the paper and lm-evaluation-harness, "other" for Hendrycks. Here it is a choice, the paper's by default.</remarks>
public static class MmluSubjects
{
    private static readonly Dictionary<string, MmluGroup> Groups = new (MmluGroup Group, string Subjects)[]
    {
        (MmluGroup.Stem, """
            abstract_algebra anatomy astronomy college_biology college_chemistry college_computer_science college_mathematics college_physics
            computer_security conceptual_physics electrical_engineering elementary_mathematics high_school_biology high_school_chemistry
            high_school_computer_science high_school_mathematics high_school_physics high_school_statistics machine_learning
            """),
        (MmluGroup.Humanities, """
            formal_logic high_school_european_history high_school_us_history high_school_world_history international_law jurisprudence
            logical_fallacies moral_disputes moral_scenarios philosophy prehistory professional_law world_religions
            """),
        (MmluGroup.SocialSciences, """
            econometrics high_school_geography high_school_government_and_politics high_school_macroeconomics high_school_microeconomics
            high_school_psychology human_sexuality professional_psychology public_relations security_studies sociology us_foreign_policy
            """),
        (MmluGroup.Other, """
            business_ethics clinical_knowledge college_medicine global_facts human_aging management marketing medical_genetics miscellaneous
            nutrition professional_accounting professional_medicine virology
            """),
    }.SelectMany(row => row.Subjects.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), (row, subject) => (Subject: subject, row.Group))
        .ToDictionary(pair => pair.Subject, pair => pair.Group, StringComparer.Ordinal);

    /// <summary>The subjects, in alphabetical order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Groups.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The group of a subject.</summary>
    /// <param name="subject">Name with underscores, such as <c>college_biology</c>.</param>
    /// <param name="anatomyIsStem">True as in the paper and lm-evaluation-harness; false as in Hendrycks' original.</param>
    /// <returns>The group; null for a name that is no subject.</returns>
    public static MmluGroup? GroupOf(string subject, bool anatomyIsStem = true) =>
        subject == "anatomy" && !anatomyIsStem ? MmluGroup.Other : Groups.TryGetValue(subject, out var group) ? group : null;
}
