package local;

import java.io.IOException;
import java.io.Reader;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.SimpleAnalyzer;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.charfilter.HTMLStripCharFilter;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.EnglishMinimalStemFilter;
import org.apache.lucene.analysis.en.KStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.SetKeywordMarkerFilter;
import org.apache.lucene.analysis.miscellaneous.StemmerOverrideFilter;
import org.apache.lucene.analysis.miscellaneous.TrimFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.miscellaneous.RemoveDuplicatesTokenFilter;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.email.UAX29URLEmailTokenizer;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.PreConfiguredCharFilter;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.PreConfiguredTokenizer;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.RestHandler;

/** Stands in for the unpublished modules rest-root (GET /) and, in part, analysis-common. */
public class SupportPlugin extends Plugin implements ActionPlugin, AnalysisPlugin {
    private ClusterService clusterService;

    @Override
    public Collection<?> createComponents(PluginServices services) {
        clusterService = services.clusterService();
        return List.of();
    }

    @Override
    public Collection<RestHandler> getRestHandlers(RestHandlersServices s, Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> f) {
        return List.of(new RootHandler(() -> clusterService), new ByQueryHandler(true), new ByQueryHandler(false));
    }

    // ---- analysis -------------------------------------------------------------------------------------------

    private interface FilterFn { TokenStream apply(TokenStream in, Settings s); }

    private static AnalysisProvider<TokenFilterFactory> filter(FilterFn fn) {
        return (index, env, name, s) -> new AbstractTokenFilterFactory(name) {
            @Override public TokenStream create(TokenStream in) { return fn.apply(in, s); }
        };
    }

    private static AnalysisProvider<TokenFilterFactory> normFilter(FilterFn fn) {   // usable in keyword normalizers too
        return (index, env, name, s) -> {
            class F extends AbstractTokenFilterFactory implements NormalizingTokenFilterFactory {
                F() { super(name); }
                @Override public TokenStream create(TokenStream in) { return fn.apply(in, s); }
            }
            return new F();
        };
    }

    private static TokenStream stem(TokenStream in, Settings s) {
        String lang = s.get("language", s.get("name", "english")).toLowerCase(java.util.Locale.ROOT);
        return switch (lang) {
            case "english", "porter" -> new PorterStemFilter(in);
            case "light_english", "kstem" -> new KStemFilter(in);
            case "minimal_english" -> new EnglishMinimalStemFilter(in);
            case "possessive_english" -> new EnglishPossessiveFilter(in);
            default -> new SnowballFilter(in, Character.toUpperCase(lang.charAt(0)) + lang.substring(1));
        };
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        Map<String, AnalysisProvider<TokenFilterFactory>> m = new HashMap<>();
        m.put("asciifolding", normFilter((in, s) -> new ASCIIFoldingFilter(in, s.getAsBoolean("preserve_original", false))));
        m.put("trim", normFilter((in, s) -> new TrimFilter(in)));
        m.put("stemmer", AnalysisPlugin.requiresAnalysisSettings(filter(SupportPlugin::stem)));
        m.put("unique", filter((in, s) -> new RemoveDuplicatesTokenFilter(in)));
        m.put("pattern_replace", AnalysisPlugin.requiresAnalysisSettings(normFilter((in, s) -> new PatternReplaceFilter(
            in, Pattern.compile(s.get("pattern")), s.get("replacement", ""), s.getAsBoolean("all", true)))));
        m.put("pattern_capture", AnalysisPlugin.requiresAnalysisSettings(filter((in, s) -> new PatternCaptureGroupTokenFilter(   // x-pack-security's own index needs it
            in, s.getAsBoolean("preserve_original", true), s.getAsList("patterns").stream().map(Pattern::compile).toArray(Pattern[]::new)))));
        m.put("kstem", filter((in, s) -> new KStemFilter(in)));
        m.put("porter_stem", filter((in, s) -> new PorterStemFilter(in)));
        m.put("edge_ngram", AnalysisPlugin.requiresAnalysisSettings(filter((in, s) ->
            new EdgeNGramTokenFilter(in, s.getAsInt("min_gram", 1), s.getAsInt("max_gram", 2), s.getAsBoolean("preserve_original", false)))));
        m.put("keyword_marker", AnalysisPlugin.requiresAnalysisSettings((index, env, name, s) -> {
            CharArraySet words = Analysis.getWordSet(env, s, "keywords");
            return new AbstractTokenFilterFactory(name) {
                @Override public TokenStream create(TokenStream in) { return new SetKeywordMarkerFilter(in, words); }
            };
        }));
        m.put("stemmer_override", AnalysisPlugin.requiresAnalysisSettings((index, env, name, s) -> {
            StemmerOverrideFilter.StemmerOverrideMap overrides = overrides(s.getAsList("rules"));
            return new AbstractTokenFilterFactory(name) {
                @Override public TokenStream create(TokenStream in) { return new StemmerOverrideFilter(in, overrides); }
            };
        }));
        return m;
    }

    /** Of rules such as "took, taken => take". */
    private static StemmerOverrideFilter.StemmerOverrideMap overrides(List<String> rules) throws IOException {
        StemmerOverrideFilter.Builder builder = new StemmerOverrideFilter.Builder(false);
        for (String rule : rules) {
            String[] sides = rule.split("=>");
            for (String word : sides[0].split(",")) {
                builder.add(word.trim(), sides[1].trim());
            }
        }
        return builder.build();
    }

    @Override
    public List<PreConfiguredTokenFilter> getPreConfiguredTokenFilters() {
        return List.of(
            PreConfiguredTokenFilter.singleton("asciifolding", true, ASCIIFoldingFilter::new),
            PreConfiguredTokenFilter.singleton("trim", true, TrimFilter::new),
            PreConfiguredTokenFilter.singleton("unique", false, RemoveDuplicatesTokenFilter::new),
            PreConfiguredTokenFilter.singleton("porter_stem", false, PorterStemFilter::new),
            PreConfiguredTokenFilter.singleton("kstem", false, KStemFilter::new));
    }

    @Override
    public List<PreConfiguredTokenizer> getPreConfiguredTokenizers() {
        return List.of(
            PreConfiguredTokenizer.singleton("keyword", KeywordTokenizer::new),
            PreConfiguredTokenizer.singleton("whitespace", WhitespaceTokenizer::new),
            PreConfiguredTokenizer.singleton("letter", LetterTokenizer::new),
            PreConfiguredTokenizer.singleton("uax_url_email", UAX29URLEmailTokenizer::new));
    }

    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Map.of(
            "keyword", (i, e, n, s) -> TokenizerFactory.newFactory(n, KeywordTokenizer::new),
            "whitespace", (i, e, n, s) -> TokenizerFactory.newFactory(n, WhitespaceTokenizer::new),
            "uax_url_email", (i, e, n, s) -> TokenizerFactory.newFactory(n, UAX29URLEmailTokenizer::new));
    }

    @Override
    public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
        return Map.of("pattern_replace", AnalysisPlugin.requiresAnalysisSettings((index, env, name, s) -> {
            Pattern pattern = Pattern.compile(s.get("pattern"));
            String replacement = s.get("replacement", "");
            return new CharFilterFactory() {
                @Override public String name() { return name; }
                @Override public Reader create(Reader in) { return new PatternReplaceCharFilter(pattern, replacement, in); }
            };
        }));
    }

    @Override
    public List<PreConfiguredCharFilter> getPreConfiguredCharFilters() {
        return List.of(PreConfiguredCharFilter.singleton("html_strip", false, HTMLStripCharFilter::new));
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        return Map.of(
            "english", (index, env, name, s) -> analyzer(name, new EnglishAnalyzer(
                Analysis.parseStopWords(env, s, EnglishAnalyzer.getDefaultStopSet()),
                Analysis.parseStemExclusion(s, CharArraySet.EMPTY_SET))),
            "simple", (index, env, name, s) -> analyzer(name, new SimpleAnalyzer()),
            "whitespace", (index, env, name, s) -> analyzer(name, new WhitespaceAnalyzer()),
            "keyword", (index, env, name, s) -> analyzer(name, new KeywordAnalyzer()));
    }

    private static <A extends Analyzer> AnalyzerProvider<A> analyzer(String name, A a) {
        return new AbstractIndexAnalyzerProvider<A>(name) {
            @Override public A get() { return a; }
        };
    }
}
